'use strict';

const { SecretsManagerClient, GetSecretValueCommand } = require('@aws-sdk/client-secrets-manager');
const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocumentClient, PutCommand } = require('@aws-sdk/lib-dynamodb');

const secrets = new SecretsManagerClient({});
const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));

exports.handler = async () => {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: process.env.CARRIER_SECRET }));
  const { url, key } = JSON.parse(SecretString);
  const response = await fetch(`${url}/tariffs`, { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error(`carrier gateway: ${response.status}`);
  const tariffs = await response.json();
  for (const Item of tariffs) await table.send(new PutCommand({ TableName: process.env.TARIFFS_TABLE, Item }));
  console.log(`${tariffs.length} tariffs imported`);
};
