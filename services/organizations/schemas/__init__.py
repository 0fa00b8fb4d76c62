"""What the organizations service takes and gives; one module per subject.

`<Name>InputSchema` is what comes in (an edit loads it with `partial=True`), `<Name>Schema` what goes out.
"""

from services.organizations.schemas.account import (
    AccountInputSchema,
    AccountSchema,
    NewTokenSchema,
    PermissionInputSchema,
    PermissionSchema,
    TokenInputSchema,
    TokenSchema,
)
from services.organizations.schemas.contacts import NumberedAddressSchema, NumberedContactSchema
from services.organizations.schemas.records import (
    GroupedPeopleSchema,
    GroupPeopleInputSchema,
    IntroductionSchema,
    OrganizationInputSchema,
    OrganizationSchema,
    PersonInputSchema,
    PersonSchema,
    SiteInputSchema,
    SiteSchema,
    TeamInputSchema,
    TeamSchema,
)
from services.organizations.schemas.showing import shown
from services.organizations.schemas.sign_in import NewPasswordSchema, PasswordInputSchema, SignInSchema
from services.organizations.schemas.transfers import (
    ExportInputSchema,
    ExportSchema,
    ImportInputSchema,
    ImportLineSchema,
    ImportSchema,
    PersonLineInputSchema,
    PersonLineSchema,
    TransferTokenSchema,
)
from services.organizations.schemas.trusts import (
    AcceptInputSchema,
    InvitationSchema,
    InviteInputSchema,
    KeyRingSchema,
    RevokeKeyInputSchema,
    TrustInputSchema,
    TrustSchema,
)
from services.organizations.schemas.ui_extensions import (
    UiExtensionEditSchema,
    UiExtensionInputSchema,
    UiExtensionSchema,
    UiExtensionVersionSchema,
)

__all__ = [
    "AcceptInputSchema",
    "AccountInputSchema",
    "AccountSchema",
    "ExportInputSchema",
    "ExportSchema",
    "GroupPeopleInputSchema",
    "GroupedPeopleSchema",
    "ImportInputSchema",
    "ImportLineSchema",
    "ImportSchema",
    "IntroductionSchema",
    "InvitationSchema",
    "InviteInputSchema",
    "KeyRingSchema",
    "NewPasswordSchema",
    "NewTokenSchema",
    "NumberedAddressSchema",
    "NumberedContactSchema",
    "OrganizationInputSchema",
    "OrganizationSchema",
    "PasswordInputSchema",
    "PermissionInputSchema",
    "PermissionSchema",
    "PersonInputSchema",
    "PersonLineInputSchema",
    "PersonLineSchema",
    "PersonSchema",
    "RevokeKeyInputSchema",
    "SignInSchema",
    "SiteInputSchema",
    "SiteSchema",
    "TeamInputSchema",
    "TeamSchema",
    "TokenInputSchema",
    "TokenSchema",
    "TransferTokenSchema",
    "TrustInputSchema",
    "TrustSchema",
    "UiExtensionEditSchema",
    "UiExtensionInputSchema",
    "UiExtensionSchema",
    "UiExtensionVersionSchema",
    "shown",
]
