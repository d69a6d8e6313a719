"""Which bodies a city, its districts and its agencies have, and what cases see of one (DOMAIN 4.3)."""

from dataclasses import dataclass, field

from hub.schema.organisations import OrganisationLevel
from hub.simulation.seeds import Place

DISTRICT_BODIES: tuple[tuple[str, str, str | None, int], ...] = (
    ("DISTRICT_CENTRE", "{d}非诉讼纠纷化解服务中心", None, 4),
    ("SUB_CENTRE", "{d}人民法院非诉讼纠纷化解分中心", None, 3),
    ("INDUSTRY_COMMITTEE", "{d}医疗纠纷人民调解委员会", "12", 3),
    ("INDUSTRY_COMMITTEE", "{d}道路交通事故纠纷人民调解委员会", "13", 4),
    ("INDUSTRY_COMMITTEE", "{d}劳动人事争议调解委员会", "11", 3),
    ("INDUSTRY_COMMITTEE", "{d}物业纠纷人民调解委员会", "14", 3),
    ("INDUSTRY_COMMITTEE", "{d}金融纠纷人民调解委员会", "22", 3),
    ("CHAMBER", "{d}商会人民调解委员会", "04", 3),
    ("ADMIN_MEDIATION", "{d}公安分局行政调解工作室", "06", 3),
    ("ADMIN_MEDIATION", "{d}交警大队行政调解工作室", "13", 3),
    ("ADMIN_MEDIATION", "{d}市场监管局行政调解委员会", "19", 3),
    ("ADMIN_MEDIATION", "{d}自然资源局行政调解委员会", "07", 2),
    ("ADMIN_MEDIATION", "{d}民政局行政调解工作室", "01", 2),
    ("ADMIN_MEDIATION", "{d}生态环境分局行政调解工作室", "09", 1),
    ("ADMIN_MEDIATION", "{d}综合行政执法局行政调解工作室", "15", 2),
    ("RECONSIDERATION", "{d}人民政府行政复议办公室", "08", 2),
    ("LAWYER_ROOM", "{d}律师调解工作室", None, 4),
    ("LABOUR_ARB", "{d}劳动人事争议仲裁院", "10", 3),
    ("LEGAL_AID", "{d}法律援助中心", None, 2),
    ("NOTARY", "{d}公证处", None, 2),
    ("PERSONAL_STUDIO", "{d}老支书调解工作室", None, 1),
)
"""Kind, name, profession and number of mediators of what every district has."""

CITY_BODIES: tuple[tuple[str, str, str | None, int], ...] = (
    ("CITY_CENTRE", "{d}非诉讼纠纷化解服务中心", None, 6),
    ("ARBITRATION", "枣庄仲裁委员会", "04", 3),
    ("COMMERCIAL", "枣庄商事调解中心", "05", 4),
    ("APPRAISAL", "枣庄正衡司法鉴定所", None, 0),
)
AGENCIES: dict[str, tuple[str, str]] = {
    "hotline-12345": ("政务服务便民热线", "枣庄市12345政务服务便民热线中心"),
    "market": ("市场监督管理局", "枣庄市市场监督管理局"),
    "police-order": ("公安局", "枣庄市公安局"),
    "petition": ("信访局", "枣庄市信访局"),
    "hotline-12348": ("司法局", "枣庄市司法局"),
    "labour": ("人力资源和社会保障局", "枣庄市人力资源和社会保障局"),
    "civil-affairs": ("民政局", "枣庄市民政局"),
    "natural-res": ("自然资源和规划局", "枣庄市自然资源和规划局"),
    "ecology": ("生态环境局", "枣庄市生态环境局"),
    "health": ("卫生健康委员会", "枣庄市卫生健康委员会"),
    "finance": ("地方金融", "枣庄市地方金融监督管理局"),
    "chamber": ("工商业联合会", "枣庄市工商业联合会"),
}
"""By source system: how a standing organisation is recognised, and its name where it has to be made."""

INVITED = frozenset(
    {"INDUSTRY_COMMITTEE", "CHAMBER", "LAWYER_ROOM", "CITY_CENTRE", "DISTRICT_CENTRE", "SUB_CENTRE", "TOWN_COMMITTEE"}
)
"""Kinds that courts invite; only these are delegated to (R13)."""

COMMITTEES_PER_TOWN = 4


@dataclass(frozen=True, slots=True)
class Body:
    """An organisation as cases see it: what it is, where, and which mediators it may appoint."""

    id: str
    name: str
    kind: str
    level: OrganisationLevel
    place: Place
    profession: str | None = None
    mediators: list[str] = field(default_factory=list)

    @property
    def division(self) -> str:
        """The six-digit code of the district or city it lies in."""
        return self.place.district or self.place.code[:6]
