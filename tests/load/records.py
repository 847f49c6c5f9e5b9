"""What a stack has kept: rows, objects and spooled files, as their owner sees them."""

from pathlib import Path

import boto3
import botocore.config
import psycopg2

from stack.database import Cluster
from stack.service import DATABASE, Stack


class Records:
    """The database and the store."""

    def __init__(self, stack: Stack):
        self.cluster: Cluster = stack.cluster
        self.connection = psycopg2.connect(host=str(stack.cluster.sockets), user="postgres", dbname=DATABASE)
        self.connection.autocommit = True
        self.store = boto3.client(
            "s3", endpoint_url=stack.environment["IMGFILTER_S3_ENDPOINT"], region_name="us-east-1",
            aws_access_key_id=stack.environment["IMGFILTER_S3_ACCESS_KEY"],
            aws_secret_access_key=stack.secrets["S3_SECRET_KEY"].read_text().strip(),
            config=botocore.config.Config(max_pool_connections=64, s3={"addressing_style": "path"}))

    def rows(self, statement: str, *values) -> list[tuple]:
        with self.connection.cursor() as cursor:
            cursor.execute("set search_path to imgfilter")
            cursor.execute(statement, values)
            return cursor.fetchall()

    def promised(self, task: str) -> str | None:
        """What is missing of a task that was accepted a moment ago, if anything is."""
        rows = self.rows("select object_key, bytes, removed_at from image join task on image.id = image_id where task.id = %s", task)
        if not rows:
            return f"task {task} was accepted and is not in the database"
        key, size, removed = rows[0]
        if removed:
            return None
        try:
            found = self.store.head_object(Bucket="imgfilter", Key=key)["ContentLength"]
        except self.store.exceptions.ClientError as error:
            # An upload that is answered a second time may be older than its original.
            gone = self.rows("select removed_at is not null or deleting_until is not null from image where object_key = %s", key)
            return None if gone[0][0] else f"task {task} was accepted, and of its original {key} the store says: {error}"
        return None if found == size else f"the original of task {task} has {found} bytes, not {size}"

    def open_tasks(self) -> int:
        return self.rows("select count(*) from task where status in ('queued', 'processing')")[0][0]

    def all_ended(self) -> bool:
        """Whether no task is waiting or under way; cheap to ask also where there are many that have ended."""
        return not self.rows("select exists (select from queue)")[0][0]

    def known(self) -> set[str]:
        """The objects that the database knows."""
        rows = self.rows("select object_key from image where removed_at is null union all select object_key from link where object_key is not null")
        return {key for key, in rows}

    def stored(self) -> set[str]:
        pages = self.store.get_paginator("list_objects_v2").paginate(Bucket="imgfilter")
        return {item["Key"] for page in pages for item in page.get("Contents", [])}


def left_in(spool: Path) -> list[Path]:
    """The files in a spool."""
    return [path for path in spool.rglob("*") if path.is_file()]


def clean(stack: Stack, spools: list[Path], **settings: str) -> None:
    """`imgfilter cleanup` as every edge's timer runs it, under these settings."""
    for spool in spools:
        stack.command("cleanup", settings={f"IMGFILTER_{name}": text for name, text in settings.items()} | {"IMGFILTER_SPOOL": str(spool)})
