import json
import os
import uuid

import boto3

s3 = boto3.client("s3")
KINDS = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png", "image/heic": ".heic"}


def handler(event, context):
    claim = event["pathParameters"]["claim"]
    kind = json.loads(event["body"])["type"]
    if kind not in KINDS:
        return {"statusCode": 415, "body": "{}"}
    key = f"{claim}/{uuid.uuid4()}{KINDS[kind]}"
    fields = s3.generate_presigned_post(os.environ["BUCKET"], key, ExpiresIn=900)
    print(f"upload for {claim} as {key}")
    return {"statusCode": 200, "body": json.dumps(fields)}
