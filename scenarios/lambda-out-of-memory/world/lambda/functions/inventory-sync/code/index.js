const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocumentClient, BatchWriteCommand } = require('@aws-sdk/lib-dynamodb');

const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));

exports.handler = async (event) => {
  const rows = event.Records.flatMap((record) => JSON.parse(record.body).articles);
  for (let i = 0; i < rows.length; i += 25) {
    await table.send(new BatchWriteCommand({
      RequestItems: { [process.env.STOCK_TABLE]: rows.slice(i, i + 25).map((Item) => ({ PutRequest: { Item } })) },
    }));
  }
  console.log(`synced ${rows.length} articles`);
};
