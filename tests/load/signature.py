"""Requests to S3, signed by whoever sends them (AWS Signature Version 4)."""

import hashlib
import hmac
import time


def headers(method: str, host: str, path: str, digest: str, access_key: str, secret_key: str,
            region: str = "us-east-1") -> dict[str, str]:
    """What has to go with a request whose body has this SHA-256; `path` needs no escapes."""
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{now[:8]}/{region}/s3/aws4_request"
    names = "host;x-amz-content-sha256;x-amz-date"
    request = f"{method}\n{path}\n\nhost:{host}\nx-amz-content-sha256:{digest}\nx-amz-date:{now}\n\n{names}\n{digest}"
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{secret_key}".encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return {"x_amz_content_sha256": digest, "x_amz_date": now,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}"}
