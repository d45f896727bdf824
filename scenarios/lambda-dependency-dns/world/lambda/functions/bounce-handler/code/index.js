const { DynamoDBClient, PutItemCommand } = require('@aws-sdk/client-dynamodb');

const table = new DynamoDBClient({});

exports.handler = async (event) => {
  for (const record of event.Records) {
    const { bounce } = JSON.parse(JSON.parse(record.body).Message);
    for (const { emailAddress } of bounce.bouncedRecipients) {
      await table.send(new PutItemCommand({
        TableName: process.env.SUPPRESSION_TABLE,
        Item: { address: { S: emailAddress }, type: { S: bounce.bounceType }, at: { S: bounce.timestamp } },
      }));
    }
    console.log(`${bounce.bounceType} bounce recorded`);
  }
};
