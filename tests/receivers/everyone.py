"""All who may be told, at once: what a stack has to be set to, so that it tells them."""

from contextlib import ExitStack
from pathlib import Path

from stack.listener import Listener

from .mail import Authority, MailServer
from .push import PushService, vapid_keys
from .sns import ACCOUNT, Sns


class Everyone:
    """A mail server, a push service, a provider of short messages and SNS; use it with `with`."""

    def __init__(self, folder: Path):
        self.authority = Authority(folder)
        self.mail = MailServer(self.authority.issue("mail"))
        self.push = PushService()
        self.phones = Listener(200)
        self.sns = Sns(folder)
        self.vapid = vapid_keys()
        self.open = ExitStack()

    def __enter__(self) -> "Everyone":
        for each in (self.mail, self.push, self.phones, self.sns):
            self.open.enter_context(each)
        return self

    def __exit__(self, *_) -> None:
        self.open.close()

    @property
    def settings(self) -> dict[str, str]:
        private, public = self.vapid
        settings = {
            "WEBHOOK_INSECURE": "true",
            "SMTP_URL": f"smtp://127.0.0.1:{self.mail.port}",
            "MAIL_FROM": "Images <images@example.com>",
            "VAPID_KEY": private,
            "VAPID_PUBLIC_KEY": public,
            "VAPID_SUBJECT": "mailto:images@example.com",
            "PUSH_HOSTS": "127.0.0.1",
            "SMS": "http",
            "SMS_URL": self.phones.url,
            "SNS_TOPICS": f"arn:aws:sns:{ACCOUNT['region_name']}:*",
            "SNS_ENDPOINT": self.sns.url,
            "SNS_REGION": ACCOUNT["region_name"],
            "SNS_ACCESS_KEY": ACCOUNT["aws_access_key_id"],
            "SNS_SECRET_KEY": ACCOUNT["aws_secret_access_key"],
        }
        own = {f"IMGFILTER_{name}": value for name, value in settings.items()}
        return own | {"SSL_CERT_FILE": str(self.authority.certificate)}
