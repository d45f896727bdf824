import json
import os

import boto3

sns = boto3.client("sns")


def handler(event, context):
    sent = 0
    for record in event["Records"]:
        if record["eventName"] == "REMOVE":
            continue
        image = record["dynamodb"]["NewImage"]
        message = {"claim": image["claim"]["S"], "state": image["state"]["S"]}
        sns.publish(TopicArn=os.environ["TOPIC"], Message=json.dumps(message))
        sent += 1
    print(f"{sent} of {len(event['Records'])} changes published")
