"""`python -m services.common.config > docs/configuration.md`"""

from services.common.config import document

print(document(), end="")  # noqa: T201
