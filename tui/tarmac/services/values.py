"""The values that services take and give, by one name for those who may import services only (screens, widgets, commands)."""

from tarmac.platform.models import (
    Connection,
    Dataset,
    DatasetSchema,
    Flow,
    PlatformMessage,
    Run,
    RunPhase,
    Sandbox,
    SchemaField,
)
from tarmac.profiles.models import Config, Destination, Export, Profile, SecretRef, SecretSource, Timing
from tarmac.profiles.places import Places, find_places, name_complaint
from tarmac.profiles.profile_store import ProfileSummary
from tarmac.profiles.profile_template import ProfileDraft, destination_text
from tarmac.profiles.secret_parsing import is_variable_name

__all__ = [
    "Config",
    "Connection",
    "Dataset",
    "DatasetSchema",
    "Destination",
    "Export",
    "Flow",
    "Places",
    "PlatformMessage",
    "Profile",
    "ProfileDraft",
    "ProfileSummary",
    "Run",
    "RunPhase",
    "Sandbox",
    "SchemaField",
    "SecretRef",
    "SecretSource",
    "Timing",
    "destination_text",
    "find_places",
    "is_variable_name",
    "name_complaint",
]
