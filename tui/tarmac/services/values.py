"""The values that services take and give, by one name for those who may import services only (screens, widgets, commands)."""

from tarmac.platform.models import Connection, Dataset, Flow, PlatformMessage, Run, RunPhase, Sandbox
from tarmac.profiles.models import Config, Destination, Export, Profile, SecretRef, SecretSource, Timing
from tarmac.profiles.places import Places, find_places, name_complaint

__all__ = [
    "Config",
    "Connection",
    "Dataset",
    "Destination",
    "Export",
    "Flow",
    "Places",
    "PlatformMessage",
    "Profile",
    "Run",
    "RunPhase",
    "Sandbox",
    "SecretRef",
    "SecretSource",
    "Timing",
    "find_places",
    "name_complaint",
]
