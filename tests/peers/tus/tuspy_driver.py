"""tuspy, as it comes: uploads one file to an address, and goes on after each cut.

python tuspy_driver.py ENDPOINT FILE METADATA-AS-JSON
"""

import json
import sys

from tusclient.client import TusClient

endpoint, file, metadata = sys.argv[1:]
uploader = TusClient(endpoint).uploader(
    file, metadata=json.loads(metadata), retries=50, retry_delay=0.02, chunk_size=1_200_000, upload_checksum=False
)
uploader.upload()
print(json.dumps({"url": uploader.url}))
