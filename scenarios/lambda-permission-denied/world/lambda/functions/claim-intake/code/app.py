import json
import logging
import os
import uuid
from datetime import datetime, timezone

import boto3

logger = logging.getLogger()
logger.setLevel(logging.INFO)

dynamodb = boto3.client("dynamodb")
TABLE = os.environ["CLAIMS_TABLE"]


def handler(event, context):
    if event["httpMethod"] == "POST":
        return create(event)
    return read(event["pathParameters"]["claim"])


def read(number):
    item = dynamodb.get_item(TableName=TABLE, Key={"claim": {"S": number}}).get("Item")
    logger.info("read %s", number)
    if not item:
        return answer(404, {"message": "unknown claim"})
    return answer(200, {"claim": number, "policy": item["policy"]["S"], "state": item["state"]["S"]})


def create(event):
    claim = json.loads(event["body"])
    number = "C" + uuid.uuid4().hex[:10].upper()
    dynamodb.put_item(
        TableName=TABLE,
        Item={
            "claim": {"S": number},
            "policy": {"S": claim["policy"]},
            "kind": {"S": claim["kind"]},
            "state": {"S": "received"},
            "received": {"S": datetime.now(timezone.utc).isoformat()},
        },
        ConditionExpression="attribute_not_exists(claim)",
    )
    logger.info("stored %s", number)
    return answer(201, {"claim": number})


def answer(status, body):
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
