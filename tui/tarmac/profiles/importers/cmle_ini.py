"""The `config.ini` of the Cloud ML Ecosystem notebooks, which `aepp` writes its `dataflow_id` into (platform-api §1.6, §10)."""

from __future__ import annotations

import configparser
from dataclasses import replace

from tarmac.profiles.importers.recognised import Recognised, Values

TITLE = "CMLE notebook configuration (config.ini)"
EXPECTED = "[Platform] with ims_org_id and sandbox_name, [Authentication] with client_id and client_secret"


def recognise(text: str) -> Recognised | None:
    """Return its values, or None where it is not such a file."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except (configparser.Error, ValueError):
        return None
    sections = {name.casefold(): dict(parser[name]) for name in parser.sections()}
    if not {"platform", "authentication"} & set(sections):
        return None
    platform, signing = Values(sections.get("platform", {})), Values(sections.get("authentication", {}))
    cloud = Values(sections.get("cloud", {}))
    dataset = platform.text("featurized_dataset_id", "dataset_id")
    found = Recognised(
        TITLE,
        org_id=platform.text("ims_org_id"),
        client_id=signing.text("client_id"),
        secrets=signing.secrets("client_secret"),
        scopes=signing.scopes("scopes"),
        sandbox=platform.text("sandbox_name"),
        flow_id=platform.text("dataflow_id"),
        dataset_id=dataset,
        path=cloud.text("export_path"),
        file_format=cloud.text("data_format"),
        compression=cloud.text("compression_type"),
    )
    if found.org_id is None and found.client_id is None:
        return None
    return replace(found, found=(*platform.taken, *signing.taken, *cloud.taken))
