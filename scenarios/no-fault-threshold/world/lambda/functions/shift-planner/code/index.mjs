import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';

const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export const handler = async ({ pathParameters: { site, week } }) => {
  const { Items } = await table.send(new QueryCommand({
    TableName: process.env.SHIFTS_TABLE,
    KeyConditionExpression: 'site = :site AND begins_with(slot, :week)',
    ExpressionAttributeValues: { ':site': site, ':week': week },
  }));
  console.log(`${Items.length} shifts of ${site} in ${week}`);
  return { statusCode: 200, body: JSON.stringify(Items) };
};
