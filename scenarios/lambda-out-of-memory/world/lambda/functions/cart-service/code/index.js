const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocumentClient, GetCommand, UpdateCommand } = require('@aws-sdk/lib-dynamodb');

const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.CARTS_TABLE;

exports.handler = async (event) => {
  const id = event.pathParameters.id;
  let cart;
  if (event.httpMethod === 'GET') {
    ({ Item: cart } = await table.send(new GetCommand({ TableName, Key: { id } })));
  } else {
    const { items } = JSON.parse(event.body || '{}');
    ({ Attributes: cart } = await table.send(new UpdateCommand({
      TableName, Key: { id },
      UpdateExpression: 'SET #items = :items, updatedAt = :now',
      ExpressionAttributeNames: { '#items': 'items' },
      ExpressionAttributeValues: { ':items': items || [], ':now': Date.now() },
      ReturnValues: 'ALL_NEW',
    })));
  }
  console.log(`${event.httpMethod} cart ${cart ? cart.items.length : 0} items`);
  return { statusCode: 200, body: JSON.stringify(cart || { id, items: [] }) };
};
