"""The AWS CLI as a judge: parses a command, checks its parameters against the service's model, and sends nothing."""

import contextlib
import io
import os
import shlex

from awscli.clidriver import create_clidriver

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


class Accepted(BaseException):
    """The request was complete and would be sent now."""


def _stop(**_):
    raise Accepted


def complaint(command):
    """What the AWS CLI says against a command; None if it would send it."""
    os.environ.update(CREDENTIALS)
    driver = create_clidriver()
    driver.session.get_component("event_emitter").register_first("before-call", _stop)
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            code = driver.main(shlex.split(command)[1:])
    except Accepted:
        return None
    except SystemExit as end:
        code = end.code
    return None if code == 0 else said.getvalue().strip()[-400:] or f"exit {code}"
