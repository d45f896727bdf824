import json
import logging
import os
import time
import urllib.parse
import urllib.request

import boto3

logger = logging.getLogger()
logger.setLevel(logging.INFO)

carts = boto3.resource("dynamodb").Table(os.environ["CARTS_TABLE"])
key = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["API_KEY_SECRET"])["SecretString"]
RATES_URL = os.environ["RATES_URL"]


def handler(event, context):
    cart = event["pathParameters"]["cart"]
    started = time.monotonic()
    items = carts.get_item(Key={"cart": cart}).get("Item", {}).get("items", [])
    logger.info("cart %s read in %d ms", cart, (time.monotonic() - started) * 1000)
    weight = sum(int(item["grams"]) * int(item["count"]) for item in items)
    options = rates(event["queryStringParameters"]["postcode"], weight)
    return {"statusCode": 200, "body": json.dumps(options)}


def rates(postcode, grams):
    query = urllib.parse.urlencode({"postcode": postcode, "grams": grams})
    started = time.monotonic()
    logger.info("GET %s/v2/rates", RATES_URL)
    request = urllib.request.Request(f"{RATES_URL}/v2/rates?{query}", headers={"authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request) as response:
        options = json.load(response)
    logger.info("GET %s/v2/rates %d in %d ms", RATES_URL, response.status, (time.monotonic() - started) * 1000)
    return options
