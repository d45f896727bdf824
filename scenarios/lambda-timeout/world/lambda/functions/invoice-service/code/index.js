const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocumentClient, GetCommand, QueryCommand } = require('@aws-sdk/lib-dynamodb');

const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.INVOICES_TABLE;

exports.handler = async (event) => {
  const { account, number } = event.pathParameters;
  let body;
  if (number) {
    ({ Item: body } = await table.send(new GetCommand({ TableName, Key: { account, number } })));
  } else {
    ({ Items: body } = await table.send(new QueryCommand({
      TableName,
      KeyConditionExpression: 'account = :account',
      ExpressionAttributeValues: { ':account': account },
      Limit: 100,
    })));
  }
  const statusCode = body ? 200 : 404;
  console.log(`${event.httpMethod} ${event.path} ${statusCode}`);
  return { statusCode, body: JSON.stringify(body || { message: 'not found' }) };
};
