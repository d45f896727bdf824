import csv
import io
import os

import boto3
from boto3.dynamodb.conditions import Key

table = boto3.resource("dynamodb").Table(os.environ["PUNCHES_TABLE"])
s3 = boto3.client("s3")


def punches(site, day):
    query = {"IndexName": "site-day", "KeyConditionExpression": Key("site").eq(site) & Key("day").eq(day)}
    while True:
        page = table.query(**query)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def handler(event, context):
    out = io.StringIO()
    rows = csv.writer(out)
    count = 0
    for punch in punches(event["site"], event["day"]):
        rows.writerow([punch["employee"], punch["at"], punch["kind"]])
        count += 1
    s3.put_object(Bucket=os.environ["BUCKET"], Key=f"{event['day']}/{event['site']}.csv", Body=out.getvalue())
    print(f"{count} punches of {event['site']} written")
