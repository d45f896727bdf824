import json
import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, context):
    result = json.loads(event["body"])
    table.put_item(Item={"person": result["person"], "check": result["check"], "outcome": result["outcome"]})
    print(f"check {result['check']}: {result['outcome']}")
    return {"statusCode": 204}
