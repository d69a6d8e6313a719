"""Every deliberate error of the hub, coded by the stage that raises it.

HubError
├─ RequestError  HUB-1xx  the request itself: body, document, variables, limits
├─ PlanError     HUB-2xx  arguments that do not fit: pages, cursors, ids, operands
├─ AgencyError   HUB-3xx  what agencies send or fail to send
├─ AccessError   HUB-4xx  who may: tokens, permissions, openings
├─ StoreError    HUB-5xx  the information base: storage, versions, deadlines
├─ LiveError     HUB-6xx  subscriptions, cursors of the log, live queries
└─ RuleError     HUB-7xx  what the law forbids

This file is the only table of number, word, HTTP status and message. A class's docstring is its message
(`中文 · English`, with placeholders); `code` and `word` are the stable contract, the sentence may change.
Neither ever carries a value that a client sent.
"""

from typing import Any, ClassVar


class HubError(Exception):
    """内部错误 · Internal error."""

    code: ClassVar[str] = "HUB-500"
    word: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500

    def __init__(self, *, path: tuple[str | int, ...] | None = None, **facts: object) -> None:
        self.facts = facts
        self.path = path
        self.argument: str | None = None
        self.locations: list[dict[str, int]] = []
        super().__init__((type(self).__doc__ or "").format_map(facts))

    @property
    def extensions(self) -> dict[str, Any]:
        """What a client may rely on: the community's word and the hub's number."""
        return {"code": self.word, "hub": self.code}

    def entry(self, request_id: str | None = None) -> dict[str, Any]:
        """The error as an entry of a GraphQL document's `errors`."""
        found: dict[str, Any] = {"message": str(self)}
        if self.locations:
            found["locations"] = self.locations
        if self.path is not None:
            found["path"] = self.path
        more = {"argument": self.argument, "requestId": request_id}
        return found | {"extensions": self.extensions | {name: said for name, said in more.items() if said is not None}}


# --- HUB-1xx ---------------------------------------------------------------------------------------------------------
class RequestError(HubError):
    """请求有误 · The request is not acceptable."""

    code, word, status = "HUB-100", "BAD_REQUEST", 400


class BadBody(RequestError):
    """请求体不是合法的 GraphQL JSON 对象 · The body is not a valid GraphQL JSON object."""

    code = "HUB-101"


class BodyTooLarge(RequestError):
    """请求体超过 {limit} 字节 · The body is larger than {limit} bytes."""

    code, word, status = "HUB-102", "PAYLOAD_TOO_LARGE", 413


class UnsupportedMedia(RequestError):
    """只接受 application/json（UTF-8）· Only application/json in UTF-8 is accepted."""

    code, word, status = "HUB-103", "UNSUPPORTED_MEDIA_TYPE", 415


class NotAcceptable(RequestError):
    """无法给出所要求的媒体类型 · None of the media types asked for can be given."""

    code, word, status = "HUB-104", "NOT_ACCEPTABLE", 406


class MethodNotAllowed(RequestError):
    """该方法不可用，GET 只能查询 · Method not allowed; GET serves queries only."""

    code, word, status = "HUB-105", "METHOD_NOT_ALLOWED", 405


class BadSyntax(RequestError):
    """查询文本语法有误：{reason} · Syntax error: {reason}"""

    code, word = "HUB-106", "GRAPHQL_PARSE_FAILED"


class InvalidDocument(RequestError):
    """查询不符合图谱定义：{reason} · The document does not fit the schema: {reason}"""

    code, word = "HUB-107", "GRAPHQL_VALIDATION_FAILED"


class BadVariables(RequestError):
    """变量不符合声明的类型：{reason} · A variable does not fit its type: {reason}"""

    code, word = "HUB-108", "BAD_USER_INPUT"


class OperationUnknown(RequestError):
    """须指明文档中的一个操作 · Name exactly one operation of the document."""

    code, word = "HUB-109", "OPERATION_RESOLUTION_FAILURE"


class TooComplex(RequestError):
    """查询过大：{what} 上限 {limit} · The document is too large: {what} at most {limit}."""

    code, word = "HUB-110", "QUERY_TOO_COMPLEX"


class BadText(RequestError):
    """文本含有不允许的字符或过长 · The text holds characters that are not allowed, or is too long."""

    code, word = "HUB-111", "BAD_USER_INPUT"


class StreamRequired(RequestError):
    """订阅和实时查询须使用流式连接 · Subscriptions and live queries need a streaming connection."""

    code, word = "HUB-112", "STREAM_REQUIRED"


class TooManyRequests(RequestError):
    """同时进行的请求超过 {limit} 个 · More than {limit} requests at once."""

    code, word, status = "HUB-113", "TOO_MANY_REQUESTS", 429


class NotFound(RequestError):
    """没有这个地址 · No such address."""

    code, word, status = "HUB-114", "NOT_FOUND", 404


class RequestTimeout(RequestError):
    """请求体未在 {limit} 秒内到齐 · The body did not arrive within {limit} seconds."""

    code, word, status = "HUB-115", "REQUEST_TIMEOUT", 408


class PersistedQueryNotFound(RequestError):
    """未保存此查询，请连同文本再发一次 · This query is not kept; send it again with its text."""

    code, word, status = "HUB-116", "PERSISTED_QUERY_NOT_FOUND", 200

    def __str__(self) -> str:
        # Clients that predate codes (urql) send the text again only when the message is this very word.
        return "PersistedQueryNotFound"


class PersistedQueryMismatch(RequestError):
    """持久查询须为版本 1，且哈希与文本相符 · A persisted query is of version 1 and its hash is that of its text."""

    code, word = "HUB-117", "BAD_USER_INPUT"


class BadKey(RequestError):
    """幂等键须为 8 至 128 个可见 ASCII 字符 · An idempotency key is 8 to 128 visible ASCII characters."""

    code, word = "HUB-118", "BAD_USER_INPUT"


class KeyReused(RequestError):
    """该幂等键已用于另一请求 · This idempotency key was used for another request."""

    code, word, status = "HUB-119", "IDEMPOTENCY_KEY_REUSED", 409


class BadAmount(BadText):
    """不是金额：须为元，至多两位小数 · It is no amount: yuan as a decimal text with at most two places."""

    code = "HUB-120"


class BadInstant(BadText):
    """不是时刻：须如 2025-01-31T08:00:00Z 或带时区偏移 · It is no instant: `2025-01-31T08:00:00Z`, or with an offset."""

    code = "HUB-121"


class BadDate(BadText):
    """不是日期：须如 2025-01-31 · It is no date: it is written `2025-01-31`."""

    code = "HUB-122"


# --- HUB-2xx ---------------------------------------------------------------------------------------------------------
class PlanError(HubError):
    """参数有误 · An argument is not acceptable."""

    code, word, status = "HUB-200", "BAD_USER_INPUT", 400


class BadPageSize(PlanError):
    """每页条数须在 1 到 {limit} 之间 · A page holds 1 to {limit} rows."""

    code = "HUB-201"


class FirstAndLast(PlanError):
    """first/after 与 last/before 不能同时使用 · Use first/after or last/before, not both."""

    code = "HUB-202"


class NullOperand(PlanError):
    """比较值不能为 null，请用 isNull · An operand is null; use isNull."""

    code = "HUB-203"


class BadCursor(PlanError):
    """游标无效 · The cursor is not valid."""

    code, word = "HUB-204", "BAD_CURSOR"


class ForeignCursor(PlanError):
    """游标属于另一种排序 · The cursor belongs to another order."""

    code, word = "HUB-205", "BAD_CURSOR"


class ListTooLong(PlanError):
    """列表最多 {limit} 项 · A list holds at most {limit} items."""

    code = "HUB-206"


class NodeBudget(PlanError):
    """一次最多读取 {limit} 个节点 · One operation reads at most {limit} nodes."""

    code, word = "HUB-207", "QUERY_TOO_COMPLEX"


class MalformedId(PlanError):
    """标识格式有误 · The id is malformed."""

    code = "HUB-208"


class BadRepresentation(PlanError):
    """实体表示缺少类型或主键 · The representation lacks a known type or a key."""

    code = "HUB-209"


class TooManyDimensions(PlanError):
    """统计维度最多 {limit} 个且不得重复 · Statistics take at most {limit} different dimensions."""

    code = "HUB-210"


class OneKeyOnly(PlanError):
    """须且只须给出一个键 · Give exactly one key."""

    code = "HUB-211"


class BadOrder(PlanError):
    """排序最多 {limit} 项且不得重复 · At most {limit} different orders."""

    code = "HUB-212"


class FilterTooDeep(PlanError):
    """筛选条件过多或嵌套过深，上限 {limit} · The filter is too deep or too wide, at most {limit}."""

    code, word = "HUB-213", "QUERY_TOO_COMPLEX"


class UnknownCode(PlanError):
    """代码表 {list} 没有这个有效代码 · The list {list} has no such code in force."""

    code = "HUB-214"


class BadPeriod(PlanError):
    """期间或区划不合格式 · A period is 2025, 2025-Q1 or 2025-03, a region a code of six or nine digits."""

    code = "HUB-218"


class UnknownIndicator(PlanError):
    """没有这个指标 · There is no such indicator."""

    code = "HUB-219"


# --- HUB-3xx ---------------------------------------------------------------------------------------------------------
class AgencyError(HubError):
    """部门系统异常 · An agency's system failed."""

    code, word, status = "HUB-300", "AGENCY_UNAVAILABLE", 502


class BadDelivery(AgencyError):
    """部门文件不可用 · A file of an agency cannot be used."""

    code, word, status = "HUB-310", "AGENCY_BAD_DATA", 422


class NoAgreement(BadDelivery):
    """{record} 没有生效的共享协议 · No agreement about {record} is in force."""

    code = "HUB-311"


class BadFileName(BadDelivery):
    """文件名与记录类别不符或缺少地区代码、日期 · The file's name is of another record, or lacks its place or date."""

    code = "HUB-312"


class FlagMismatch(BadDelivery):
    """文件与标志文件不一致（{what}）· The file differs from its flag ({what})."""

    code = "HUB-313"


class FileChanged(BadDelivery):
    """读取期间文件被改动 · The file changed while it was read."""

    code = "HUB-314"


class NotTheFormat(BadDelivery):
    """文件不是约定的格式（{format}）· The file is not in the agreed format ({format})."""

    code = "HUB-315"


class BadEncoding(BadDelivery):
    """文件编码无法识别 · The file's encoding is none that it could be."""

    code = "HUB-316"


class BrokenFile(BadDelivery):
    """文件残缺或结构有误（{place}）· The file is cut off or broken ({place})."""

    code = "HUB-317"


class MissingHeading(BadDelivery):
    """缺少必需的列：{headings} · Mandatory headings are missing: {headings}."""

    code = "HUB-318"


class DeliveryTooLarge(BadDelivery):
    """文件内容过大：{what} 上限 {limit} · The file holds too much: {what} at most {limit}."""

    code = "HUB-319"


class HostileFile(BadDelivery):
    """文件含有不允许的内容：{what} · The file holds what is not allowed: {what}."""

    code = "HUB-320"


class ErrorReply(BadDelivery):
    """部门返回的是错误信息而不是数据 · The agency sent an error instead of data."""

    code = "HUB-321"


class NoSuchFile(BadDelivery):
    """没有这个文件 · No such file."""

    code = "HUB-322"


class NotAFile(BadDelivery):
    """不是普通文件（链接、目录或设备）· It is no regular file but a link, a folder or a device."""

    code = "HUB-323"


class EmptyFile(BadDelivery):
    """文件为空（0 字节）· The file is empty (0 bytes)."""

    code = "HUB-324"


# --- HUB-4xx ---------------------------------------------------------------------------------------------------------
class AccessError(HubError):
    """无权访问 · Access denied."""

    code, word, status = "HUB-400", "FORBIDDEN", 403


class BadToken(AccessError):
    """令牌无效 · The token is not valid."""

    code, word, status = "HUB-401", "UNAUTHENTICATED", 401


class TokenExpired(AccessError):
    """令牌已过期 · The token has expired."""

    code, word, status = "HUB-402", "UNAUTHENTICATED", 401


class Forbidden(AccessError):
    """需要权限 {permission} · The permission {permission} is needed."""

    code, status = "HUB-403", 200


class PurposeNeeded(AccessError):
    """打开密封信息须声明办案用途；非承办人须说明理由 · Opening sealed fields needs a purpose, or a reason from who does not handle the case."""

    code, status = "HUB-404", 200


class NotLoopback(AccessError):
    """开发令牌只能用于本机地址 · Development tokens work on loopback addresses only."""

    code = "HUB-405"


class ForeignOrigin(AccessError):
    """不允许来自该网站的连接 · Pages of this origin may not connect."""

    code = "HUB-407"


class OpeningNotRecorded(AccessError):
    """打开记录未能写入，未予打开 · The opening could not be recorded, so nothing was opened."""

    code, word, status = "HUB-406", "INTERNAL", 500


# --- HUB-5xx ---------------------------------------------------------------------------------------------------------
class StoreError(HubError):
    """信息库异常 · The information base failed."""

    code, word, status = "HUB-500", "INTERNAL", 500


class SwallowedRow(StoreError):
    """答案不完整，已拒绝给出 · The answer was incomplete and is withheld."""

    code = "HUB-501"


class Deadline(StoreError):
    """未在 {limit} 秒内完成 · Not finished within {limit} seconds."""

    code, word, status = "HUB-502", "DEADLINE_EXCEEDED", 503


class Unavailable(StoreError):
    """信息库暂不可用 · The information base is not available at the moment."""

    code, word, status = "HUB-503", "UNAVAILABLE", 503


class StorageFull(StoreError):
    """存储空间已满 · Storage is full."""

    code, word, status = "HUB-504", "STORAGE_FULL", 503


class VersionConflict(StoreError):
    """记录已被他人修改 · The record was changed by somebody else."""

    code, word, status = "HUB-505", "CONFLICT", 409


class AnswerTooLarge(StoreError):
    """答案超过 {limit} 字节 · The answer is larger than {limit} bytes."""

    code, word, status = "HUB-506", "QUERY_TOO_COMPLEX", 400


class KeysMissing(StoreError):
    """缺少密钥，请先运行 hub keys init · Keys are missing; run hub keys init first."""

    code, status = "HUB-507", 503


class BrokenSeal(StoreError):
    """密封值无法打开 · A sealed value cannot be opened."""

    code = "HUB-508"


class NotMigrated(StoreError):
    """信息库结构不是当前版本，请运行 hub migrate · The base is not at this version; run hub migrate."""

    code, status = "HUB-509", 503


class Refused(StoreError):
    """信息库拒绝该写入（约束 {constraint}）· The base refused the write (constraint {constraint})."""

    code, word, status = "HUB-510", "CONFLICT", 409


class WeakDurability(StoreError):
    """数据库持久性设置过弱（{setting}）· The database's durability is too weak ({setting})."""

    code, status = "HUB-511", 503


class TooDeep(StoreError):
    """查询嵌套过深，本信息库无法解析 · The query is nested too deeply for this base."""

    code, word, status = "HUB-512", "QUERY_TOO_COMPLEX", 400


# --- HUB-6xx, HUB-7xx ------------------------------------------------------------------------------------------------
class LiveError(HubError):
    """实时流异常 · A stream failed."""

    code, word, status = "HUB-600", "STREAM_FAILED", 500


class TooManyOperations(LiveError):
    """每个连接同时最多 {limit} 个操作 · At most {limit} operations at once on one socket."""

    code, word, status = "HUB-601", "TOO_MANY_REQUESTS", 429


class BadTicket(LiveError):
    """流票据无效、已用或已过期 · The ticket is not valid, was used, or has expired."""

    code, word, status = "HUB-602", "UNAUTHENTICATED", 401


class TooManyStreams(LiveError):
    """同一用户最多保持 {limit} 个连接 · At most {limit} sockets and event streams of one principal."""

    code, word, status = "HUB-603", "TOO_MANY_REQUESTS", 429


class BadLogCursor(LiveError):
    """日志游标无效或不属于本机构 · The cursor of the log is not valid, or is another organisation's."""

    code, word, status = "HUB-610", "BAD_CURSOR", 400


class ResyncNeeded(LiveError):
    """所需事件已超过保留期，须重新同步 · Events from there on are past retention: read everything anew."""

    code, word, status = "HUB-611", "RESYNC", 409


class LostEpoch(LiveError):
    """信息库已恢复或迁移，此游标属于旧纪元 · The base was restored or moved: the cursor belongs to a lost epoch."""

    code, word, status = "HUB-612", "EPOCH_LOST", 409


class ConsumerTaken(LiveError):
    """订阅方已由较新的流接管 · A newer stream has taken the consumer over."""

    code, word, status = "HUB-613", "CONSUMER_TAKEN", 409


class ConsumerRewound(LiveError):
    """订阅方已回退，请重新打开流 · The consumer was rewound: open its stream again."""

    code, word, status = "HUB-614", "CONSUMER_REWOUND", 409


class TooManyConsumers(LiveError):
    """每个机构最多 {limit} 个订阅方 · An organisation has at most {limit} consumers."""

    code, word, status = "HUB-615", "TOO_MANY_CONSUMERS", 409


class ConsumerNameTaken(LiveError):
    """该机构已有同名订阅方 · The organisation has a consumer of this name already."""

    code, word, status = "HUB-616", "CONFLICT", 409


class OwnerNeeded(LiveError):
    """须指明一个本人所属的机构或法院作为订阅方的所有者 · Name one organisation or court of yours that owns the consumer."""

    code, word, status = "HUB-617", "BAD_USER_INPUT", 400


class BrokenChain(LiveError):
    """凭证链自第 {number} 环断裂（{row}）· The chain of evidence is broken at link {number} ({row})."""

    code, word, status = "HUB-618", "INTERNAL", 500


class NewsHeld(LiveError):
    """有事务已打开 {seconds} 秒，新事件均在其后等待 · A transaction has been open for {seconds} s: all news waits behind it."""

    code, word, status = "HUB-619", "UNAVAILABLE", 503


class NotLive(LiveError):
    """{field} 不可作为实时查询 · {field} cannot be asked as a live query."""

    code, word, status = "HUB-620", "BAD_USER_INPUT", 400


class TooManyLive(LiveError):
    """同一主体最多 {limit} 个实时查询 · One principal has at most {limit} live queries."""

    code, word, status = "HUB-621", "TOO_MANY_REQUESTS", 429


class BadLive(LiveError):
    """实时查询的参数不合要求：{reason} · The live query is not acceptable: {reason}"""

    code, word, status = "HUB-622", "BAD_USER_INPUT", 400


class ReceiverUnreachable(LiveError):
    """接收方无法连接或中断了连接 · The receiver cannot be reached, or broke the connection off."""

    code, word, status = "HUB-640", "RECEIVER_UNAVAILABLE", 502


class ReceiverSlow(LiveError):
    """接收方未在 {limit} 秒内答复 · The receiver did not answer within {limit} seconds."""

    code, word, status = "HUB-641", "RECEIVER_UNAVAILABLE", 504


class ReceiverFailed(LiveError):
    """接收方答复状态 {said}，稍后重试 · The receiver answered with status {said}; it is tried again."""

    code, word, status = "HUB-642", "RECEIVER_UNAVAILABLE", 502


class EventRefused(LiveError):
    """接收方以状态 {said} 拒收该事件 · The receiver refused the event for good, with status {said}."""

    code, word, status = "HUB-643", "RECEIVER_REFUSED", 502


class ReceiverGone(LiveError):
    """接收方声明不再接收（410） · The receiver says that it takes nothing more (410)."""

    code, word, status = "HUB-644", "RECEIVER_REFUSED", 502


class AddressForbidden(LiveError):
    """接收地址指向不允许的网络 · The address leads to a network that it must not lead to."""

    code, word, status = "HUB-645", "RECEIVER_REFUSED", 502


class ReceiverRedirects(LiveError):
    """接收方要求转向，不予跟随 · The receiver redirects, which is not followed."""

    code, word, status = "HUB-646", "RECEIVER_UNAVAILABLE", 502


class SecretMissing(LiveError):
    """未提供接收方的密钥 · The receiver's secret is not given to any process (HUB_SECRET_...)."""

    code, word, status = "HUB-647", "UNAVAILABLE", 503


class OutletStopped(LiveError):
    """投递通道并未停止 · The outlet is not stopped: nothing is to be started."""

    code, word, status = "HUB-648", "CONFLICT", 409


class OutboxUnusable(LiveError):
    """文件投递目录无法写入 · The folder for batch files takes none."""

    code, word, status = "HUB-650", "UNAVAILABLE", 503


class AckUnreadable(LiveError):
    """确认文件不完整或格式有误 · The acknowledgement is cut off or malformed."""

    code, word, status = "HUB-651", "BAD_ACKNOWLEDGEMENT", 400


class AckForged(LiveError):
    """确认文件的签名不符 · The acknowledgement's signature does not verify."""

    code, word, status = "HUB-652", "BAD_ACKNOWLEDGEMENT", 400


class AckOfAnother(LiveError):
    """确认文件所指并非本订阅方的批次，或内容不同 · It acknowledges no batch of this consumer, or another content."""

    code, word, status = "HUB-653", "BAD_ACKNOWLEDGEMENT", 400


class AckStale(LiveError):
    """该批次因回退已作废 · The batch is void: its consumer was rewound since."""

    code, word, status = "HUB-654", "BAD_ACKNOWLEDGEMENT", 409


class AckRepeated(LiveError):
    """该批次已确认 · The batch is acknowledged already."""

    code, word, status = "HUB-655", "BAD_ACKNOWLEDGEMENT", 409


class AckOutOfTurn(LiveError):
    """尚有更早的批次未确认 · An earlier batch is not acknowledged yet."""

    code, word, status = "HUB-656", "BAD_ACKNOWLEDGEMENT", 409


class BatchForeign(LiveError):
    """该编号处的文件并非本系统所写 · What lies there under this number was not written by the hub."""

    code, word, status = "HUB-657", "CONFLICT", 409


class RestartNeeded(LiveError):
    """{names} 须重启后才能变更，配置未作任何改动 · {names} change by a restart only; nothing was changed."""

    code, word, status = "HUB-630", "BAD_CONFIGURATION", 409


class Disconnected(LiveError):
    """连接已由管理人员断开 · Somebody who may has ended this connection."""

    code, word, status = "HUB-632", "DISCONNECTED", 403


class NobodyReloaded(LiveError):
    """{seconds} 秒内没有进程答复 · No process answered within {seconds} s."""

    code, word, status = "HUB-631", "UNAVAILABLE", 503


class RuleError(HubError):
    """依规定不可办理 · Not allowed by the rules."""

    code, word, status = "HUB-700", "RULE_VIOLATION", 409


class BadConfiguration(HubError):
    """配置有误：{reason} · The configuration is not acceptable: {reason}"""

    code, word, status = "HUB-701", "BAD_CONFIGURATION", 500


class NoSuchRow(RuleError):
    """没有这条记录 · There is no such row."""

    code, word, status = "HUB-702", "NOT_FOUND", 404


class StillUnfit(RuleError):
    """该行仍不能使用（{reason}）· The row still cannot be used ({reason})."""

    code, word, status = "HUB-703", "BAD_USER_INPUT", 409


class Settled(RuleError):
    """此事已有处理结果 · This was settled already."""

    code = "HUB-704"


class DeedRefused(RuleError):
    """「{action_zh}」现不可办理 · {action_en} is not possible now."""

    code = "HUB-709"

    def __init__(
        self, *, state: str | None, action: str, possible: list[str], said: tuple[str, str, str, list[str]]
    ) -> None:
        """`said` is what the names mean, `中文 · English`: state, action, reason, what is possible instead."""
        self.state, self.action, self.possible = state, action, possible
        shown, acted, self.reason, others = said
        texts = zip(("state", "action", "reason"), (shown, acted, self.reason), strict=True)
        facts: dict[str, Any] = {f"{name}_{tongue}": part for name, text in texts for tongue, part in _tongues(text)}
        instead = [dict(_tongues(text)) for text in others]
        for tongue, nothing, comma in (("zh", "无", "、"), ("en", "nothing", ", ")):
            facts[f"possible_{tongue}"] = comma.join(part[tongue] for part in instead) or nothing
        super().__init__(**facts)

    @property
    def extensions(self) -> dict[str, Any]:
        more = {"action": self.action, "state": self.state, "reason": self.reason, "possible": self.possible}
        return HubError.extensions.fget(self) | more  # type: ignore[attr-defined, no-any-return]


class NotFromThisState(DeedRefused):
    """当前状态「{state_zh}」不能「{action_zh}」；可办：{possible_zh} · {action_en} is not possible from the state {state_en}; possible instead: {possible_en}"""

    code = "HUB-710"


class ActionNotYours(DeedRefused):
    """「{action_zh}」{reason_zh}；您可办：{possible_zh} · {action_en} is {reason_en}; possible for you: {possible_en}"""

    code, status = "HUB-711", 403


class ConditionUnmet(DeedRefused):
    """尚不能「{action_zh}」：{reason_zh}；可办：{possible_zh} · {action_en} is not possible yet: {reason_en}; possible instead: {possible_en}"""

    code = "HUB-712"


class ConditionMissing(DeedRefused):
    """办理「{action_zh}」缺少要件：{reason_zh} · {action_en} lacks what it needs: {reason_en}"""

    code = "HUB-713"


class UnfitDate(RuleError):
    """日期不合要求：{reason_zh} · The date is not acceptable: {reason_en}."""

    code, word = "HUB-714", "BAD_USER_INPUT"


class OutOfReach(RuleError):
    """该属地或机构不在您的办理范围内 · The region or organisation is outside what you act for."""

    code, word, status = "HUB-715", "FORBIDDEN", 403


class BadDigest(RuleError):
    """文件摘要须为 64 位小写十六进制数 · A SHA-256 digest is 64 hex digits in lower case."""

    code, word = "HUB-716", "BAD_USER_INPUT"


class UnfitValue(RuleError):
    """所填内容不合要求：{reason_zh} · The value is not acceptable: {reason_en}."""

    code, word, status = "HUB-717", "BAD_USER_INPUT", 400


class NoSuchColumn(RuleError):
    """该行没有这一列 · The row has no such column."""

    code, word, status = "HUB-718", "BAD_USER_INPUT", 400


class ColumnTwice(RuleError):
    """同一列给出了两次 · The same column is given twice."""

    code, word, status = "HUB-719", "BAD_USER_INPUT", 400


class JobFailed(RuleError):
    """作业运行失败 · A job's run failed."""

    code, word, status = "HUB-730", "INTERNAL", 500


class LeaseLost(RuleError):
    """该次运行已由另一进程接管 · Another process has taken over this run."""

    code, word, status = "HUB-731", "CONFLICT", 409


class AsOfOutOfRange(RuleError):
    """期次须在过去 {limit} 天之内 · A run is as of a moment of the last {limit} days."""

    code, word, status = "HUB-732", "BAD_USER_INPUT", 400


class RunDone(RuleError):
    """该期次已完成，不再运行 · This period was run; it is never run twice."""

    code, word, status = "HUB-733", "CONFLICT", 409


class NotSupervised(RuleError):
    """现行督办规则没有这一情形或级别 · No policy of supervision in force knows this trigger or level."""

    code, word, status = "HUB-735", "CONFLICT", 409


class RunTooLong(RuleError):
    """作业未在 {limit} 秒内完成 · The run did not end within {limit} seconds."""

    code, word, status = "HUB-734", "DEADLINE_EXCEEDED", 503


def _tongues(text: str) -> list[tuple[str, str]]:
    """`中文 · English` as its two halves."""
    zh, _, en = text.partition("·")
    return [("zh", zh.strip()), ("en", en.strip())]


def every_error() -> list[type[HubError]]:
    """All error classes in code order, for the documents and the tests."""
    found: list[type[HubError]] = []
    waiting: list[type[HubError]] = [HubError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting.extend(kind.__subclasses__())
    return sorted(found, key=lambda kind: (kind.code, kind.__name__))
