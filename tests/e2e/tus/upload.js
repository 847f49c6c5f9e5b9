// Uploads a file by the official client of the tus protocol, in pieces, whatever happens to its connections:
//     node upload.js FILE ENDPOINT FILTERS
// Prints, as JSON, the address of the task and how often it had to begin again.

const fs = require('node:fs')
const path = require('node:path')
const tus = require('tus-js-client')

const [file, endpoint, filters] = process.argv.slice(2)
let retries = 0

const upload = new tus.Upload(fs.createReadStream(file), {
  endpoint,
  // as many as are needed: how often the connection is cut is the test's to say
  retryDelays: Array(60).fill(500),
  chunkSize: 4 * 1024 * 1024,
  uploadSize: fs.statSync(file).size,
  metadata: { filename: path.basename(file), filetype: 'image/png', filters },
  onShouldRetry: () => {
    retries += 1
    return true
  },
  onError: (error) => {
    console.error(error)
    process.exitCode = 1
  },
  onSuccess: ({ lastResponse }) => {
    console.log(JSON.stringify({ task: lastResponse.getHeader('Imgfilter-Task'), retries }))
  },
})
upload.start()
