import { S3Client, GetObjectCommand } from '@aws-sdk/client-s3';

const s3 = new S3Client({});

export const handler = async ({ pathParameters: { term } }) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: process.env.BUCKET, Key: `${term}.ics` }));
  console.log(`calendar of ${term}`);
  return { statusCode: 200, headers: { 'content-type': 'text/calendar' }, body: await Body.transformToString() };
};
