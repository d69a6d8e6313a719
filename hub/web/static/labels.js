// The words of the page: 中文 and English of each state, as the schema has them (introspection needs a permission).

export const CASES = {
  REGISTERED: '已登记 · Registered',
  SUPPLEMENT: '待补正 · Waiting for a supplement',
  ACCEPTED: '已受理 · Accepted',
  NOT_ACCEPTED: '不予受理 · Not accepted',
  MERGED: '并案 · Merged into another case',
  DIVERTED: '已分流 · Diverted',
  HANDLING: '化解中 · Being handled',
  SUSPENDED: '中止 · Suspended',
  AGREED: '达成协议 · Agreed',
  FAILED: '化解不成 · Failed',
  WITHDRAWN: '撤回 · Withdrawn',
  DECIDED: '已裁决或决定 · Decided',
  PERFORMED: '已履行 · Performed',
  CLOSED_FAILED: '不成结案 · Closed without agreement',
  CLOSED: '结案 · Closed',
  REOPENED: '复发 · Reopened',
  TRANSFERRED: '移送 · Transferred to the police',
};

export const REFERRALS = {
  DRAFT: '草拟 · Draft',
  ISSUED: '已发出 · Issued',
  DELIVERED: '已送达 · Delivered',
  ACCEPTED: '已接收 · Accepted',
  REJECTED: '不予接受 · Rejected',
  EXPIRED: '逾期未确认 · Expired without confirmation',
  RECALLED: '撤回 · Recalled by the sender',
  IN_CONSENT: '征询 · Asking the other side',
  RETURNED: '退回 · Returned',
  IN_MEDIATION: '调解中 · In mediation',
  APPRAISAL: '鉴定中 · Appraisal, clock stopped',
  SUSPENDED: '中止 · Suspended',
  COMPLETED_AGREED: '调解成功 · Completed with agreement',
  COMPLETED_FAILED: '调解不成 · Completed without agreement',
  MATERIALS_SENT: '材料移送 · Materials sent',
  ACKNOWLEDGED: '已签收 · Acknowledged by the court',
  SOURCE_CLOSED: '来源办结 · Closed by its source',
};

export const CONNECTION = {
  connecting: '正在连接 · Connecting',
  open: '实时 · Live',
  waiting: '连接中断，稍后重连 · Lost, coming again',
  refused: '令牌无效，请重新登录 · The token is not valid: sign in again',
  closed: '已断开 · Closed',
};
