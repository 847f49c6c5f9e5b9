"""What an upload leaves behind: files in the spool, objects in S3, rows in tables."""

from dataclasses import dataclass
from pathlib import Path

import boto3
import psycopg2
from botocore.config import Config

from stack.service import DATABASE, Stack

TABLES = ("image", "task", "queue", "link", "delivery")


@dataclass(frozen=True)
class Traces:
    """Everything there is at one moment."""

    spool: frozenset[str]
    objects: frozenset[str]
    rows: tuple[int, ...]


class Inspector:
    """Looks into the parts of a stack from behind."""

    def __init__(self, stack: Stack):
        self.stack = stack
        environment = stack.environment
        self.spool = Path(environment["IMGFILTER_SPOOL"])
        self.bucket = environment.get("IMGFILTER_S3_BUCKET", "imgfilter")
        self.s3 = boto3.client(
            "s3", endpoint_url=environment["IMGFILTER_S3_ENDPOINT"], region_name="us-east-1",
            aws_access_key_id=environment["IMGFILTER_S3_ACCESS_KEY"],
            aws_secret_access_key=Path(environment["IMGFILTER_S3_SECRET_KEY_FILE"]).read_text().strip(),
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}))

    def rows(self, query: str, *values) -> list[tuple]:
        """The rows of a query, asked as the database's superuser."""
        connection = psycopg2.connect(self.stack.cluster.conninfo("postgres", DATABASE))
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(query, values)
                return cursor.fetchall()
        finally:
            connection.close()

    def objects(self) -> frozenset[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return frozenset(each["Key"] for page in pages for each in page.get("Contents", []))

    def spooled(self) -> frozenset[str]:
        return frozenset(str(file) for file in self.spool.rglob("*") if file.is_file())

    def now(self) -> Traces:
        counts = tuple(self.rows(f"select count(*) from imgfilter.{table}")[0][0] for table in TABLES)
        return Traces(self.spooled(), self.objects(), counts)
