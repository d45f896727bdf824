import json
import os

import boto3

s3 = boto3.client("s3")
TEMPLATE = "^XA^FO40,40^A0N,48^FD{to}^FS^FO40,120^BCN,160^FD{number}^FS^XZ"


def handler(event, context):
    for record in event["Records"]:
        shipment = json.loads(record["body"])
        key = f"{shipment['number']}.zpl"
        s3.put_object(Bucket=os.environ["LABELS_BUCKET"], Key=key, Body=TEMPLATE.format(**shipment).encode())
        print(f"label {key}")
