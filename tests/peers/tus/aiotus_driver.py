"""aiotus, as it comes: uploads one file to an address, and goes on after each cut.

python aiotus_driver.py ENDPOINT FILE METADATA-AS-JSON
"""

import asyncio
import json
import sys

import aiotus

endpoint, file, metadata = sys.argv[1:]
metadata = {key: value.encode() for key, value in json.loads(metadata).items()}
config = aiotus.RetryConfiguration(retry_attempts=50, max_retry_period_seconds=0.05)


async def upload():
    with open(file, "rb") as stream:
        return await aiotus.upload(endpoint, stream, metadata, config=config)


url = asyncio.run(upload())
if url is None:
    sys.exit("aiotus gave up")
print(json.dumps({"url": str(url)}))
