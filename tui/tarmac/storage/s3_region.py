"""Which region a bucket is in: the platform's S3 destination has no such field (§3.5), but its signature needs it."""

from __future__ import annotations

import re
from urllib.parse import quote

from tarmac.storage.access import StoreTimeouts

# Answers without credentials, with this header even where the answer is 301 or 403.
GLOBAL_ENDPOINT = "https://s3.amazonaws.com"
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


async def bucket_region(bucket: str, timeouts: StoreTimeouts, *, endpoint: str = GLOBAL_ENDPOINT) -> str | None:
    """Return the region in which Amazon says the bucket is; None if it says nothing or cannot be asked."""
    import httpx

    timeout = httpx.Timeout(timeouts.silence, connect=timeouts.connect)
    try:
        async with httpx.AsyncClient(timeout=timeout, follow_redirects=False) as client:
            answer = await client.head(f"{endpoint}/{quote(bucket, safe='')}")
    except httpx.HTTPError:
        return None  # the request that needs the region will say what is wrong
    region = answer.headers.get("x-amz-bucket-region", "")
    return region if _REGION.fullmatch(region) else None
