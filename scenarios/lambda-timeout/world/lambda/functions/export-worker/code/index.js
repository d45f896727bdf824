const { S3Client, PutObjectCommand } = require('@aws-sdk/client-s3');
const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocumentClient, paginateQuery } = require('@aws-sdk/lib-dynamodb');

const s3 = new S3Client({});
const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));

exports.handler = async (event) => {
  for (const record of event.Records) {
    const { account, target } = JSON.parse(record.body);
    const rows = [];
    for await (const page of paginateQuery({ client }, {
      TableName: process.env.INVOICES_TABLE,
      KeyConditionExpression: 'account = :account',
      ExpressionAttributeValues: { ':account': account },
    })) {
      rows.push(...page.Items.map((x) => [x.number, x.date, x.total].join(';')));
    }
    await s3.send(new PutObjectCommand({ Bucket: process.env.EXPORTS_BUCKET, Key: target, Body: rows.join('\n') }));
    console.log(`exported ${rows.length} invoices of ${account}`);
  }
};
