"""What agencies' cells mean: dates, money, telephones, regions, blanks."""

from hub.schema.quarantines import QuarantineReason as Reason

__all__ = ["Reason"]
