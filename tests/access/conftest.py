"""The municipality that the corridor's tests ask, for tests of what its viewers see."""

from tests.resolvers.conftest import oracle, schema, town, town_url

__all__ = ["oracle", "schema", "town", "town_url"]
