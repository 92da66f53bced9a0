// tus-js-client, as it comes: uploads one file to an address, and goes on after each cut.
// node driver.js ENDPOINT FILE METADATA-AS-JSON
'use strict';
const fs = require('node:fs');
const tus = require('tus-js-client');

const [endpoint, file, metadata] = process.argv.slice(2);
const upload = new tus.Upload(fs.createReadStream(file), {
  endpoint,
  metadata: JSON.parse(metadata),
  uploadSize: fs.statSync(file).size,
  retryDelays: Array(50).fill(20),
  onError: (error) => {
    console.error(String(error));
    process.exit(1);
  },
  onSuccess: () => console.log(JSON.stringify({ url: upload.url })),
});
upload.start();
