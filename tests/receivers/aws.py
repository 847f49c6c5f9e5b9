"""Amazon's S3 and IAM, as moto plays them: policies are enforced."""

import json
from pathlib import Path

import boto3

from stack.child import Child
from stack.ready import accepts, free_port, wait_until

from . import borrowed

BUCKET = "acme-imgfilter"
REGION = "us-east-1"
ROOT = {"aws_access_key_id": "root", "aws_secret_access_key": "root", "region_name": REGION}
# What is done before anybody is asked for permission: the bucket, and a user who may do all.
FREE = 4


def as_moto_takes_it(policy: dict) -> dict:
    """The same policy for moto, which differs from AWS in two things: it calls the permission for HeadBucket by that name,
    where AWS asks for ListBucket, and asks for DeleteObject of the bucket where AWS asks for it of each key."""
    statements = []
    for statement in policy["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        if "s3:ListBucket" in actions:
            actions = [*actions, "s3:HeadBucket"]
        if "s3:DeleteObject" in actions:
            resources = [*resources, f"arn:aws:s3:::{BUCKET}"]
        statements.append(statement | {"Action": actions, "Resource": resources})
    return policy | {"Statement": statements}


class Aws:
    """An account with a bucket; use it with `with`."""

    def __init__(self, folder: Path):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "moto.log"
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "INITIAL_NO_AUTH_ACTION_COUNT": str(FREE)}
        self.child = Child("moto", [borrowed.python("moto_server"), "-H", "127.0.0.1", "-p", self.port], self.log, environment)

    def __enter__(self) -> "Aws":
        self.child.start()
        wait_until("the start of moto", lambda: accepts(self.port), 60, self.child)
        boto3.client("s3", endpoint_url=self.url, **ROOT).create_bucket(Bucket=BUCKET)
        iam = boto3.client("iam", endpoint_url=self.url, **ROOT)
        iam.create_user(UserName="admin")
        everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=json.dumps(everything))
        key = iam.create_access_key(UserName="admin")["AccessKey"]
        self.admin = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"], "region_name": REGION}
        self.iam = boto3.client("iam", endpoint_url=self.url, **self.admin)
        return self

    def __exit__(self, *_) -> None:
        self.child.stop()

    def user(self, name: str, *policies: dict) -> dict[str, str]:
        """Makes a user with these policies; returns the settings with the key pair."""
        self.iam.create_user(UserName=name)
        self.allow(name, *policies)
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return {"IMGFILTER_S3_ACCESS_KEY": key["AccessKeyId"], "IMGFILTER_S3_SECRET_KEY": key["SecretAccessKey"]}

    def allow(self, name: str, *policies: dict) -> None:
        """What a user may do from now on."""
        whole = {"Version": "2012-10-17", "Statement": [each for policy in policies for each in as_moto_takes_it(policy)["Statement"]]}
        self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(whole))

    def denied(self) -> list[str]:
        """Requests that were refused, as moto's log has them."""
        return [line for line in self.log.read_text(errors="replace").splitlines() if " 403 -" in line]
