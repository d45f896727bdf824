const { Signer } = require('@aws-sdk/rds-signer');
const { Client } = require('pg');

const signer = new Signer({ hostname: process.env.DB_HOST, port: 5432, username: 'ledger' });
let client;

exports.handler = async (event) => {
  if (!client) {
    client = new Client({ host: process.env.DB_HOST, user: 'ledger', database: 'payouts', password: await signer.getAuthToken(), ssl: true });
    await client.connect();
  }
  for (const record of event.Records) {
    const { payout, account, cents } = JSON.parse(record.body);
    await client.query('INSERT INTO entry (payout, account, cents) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [payout, account, cents]);
    console.log(`booked ${payout}`);
  }
};
