"""What schemathesis does not know by itself."""

import schemathesis

# A piece of an upload is bytes.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
