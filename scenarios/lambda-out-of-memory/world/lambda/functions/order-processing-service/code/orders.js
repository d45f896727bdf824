const { randomUUID } = require('crypto');
const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocumentClient, GetCommand, PutCommand } = require('@aws-sdk/lib-dynamodb');
const { S3Client, PutObjectCommand } = require('@aws-sdk/client-s3');
const { buildLedger } = require('./ledger');

const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const s3 = new S3Client({});

exports.getOrder = async (id) => {
  const { Item } = await table.send(new GetCommand({ TableName: process.env.ORDERS_TABLE, Key: { id } }));
  return Item;
};

exports.createOrder = async ({ customerId, items }) => {
  const order = { id: randomUUID(), customerId, items, status: 'NEW', createdAt: new Date().toISOString() };

  const ledger = buildLedger(order);
  await s3.send(new PutObjectCommand({
    Bucket: process.env.LEDGER_BUCKET,
    Key: `orders/${order.id}.txt`,
    Body: ledger.join('\n'),
  }));

  await table.send(new PutCommand({ TableName: process.env.ORDERS_TABLE, Item: order }));
  return order;
};
