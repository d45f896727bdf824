const { Client } = require('pg');
const { SecretsManagerClient, GetSecretValueCommand } = require('@aws-sdk/client-secrets-manager');

const secrets = new SecretsManagerClient({});

const connection = {
  host: 'invalid-db-host.local',
  port: 5432,
  database: 'customers',
  connectionTimeoutMillis: 3000,
  ssl: { rejectUnauthorized: false },
};

exports.query = async (text, params) => {
  const { SecretString } = await secrets.send(
    new GetSecretValueCommand({ SecretId: process.env.DB_SECRET_ARN })
  );
  const { username, password } = JSON.parse(SecretString);

  const client = new Client({ ...connection, user: username, password });
  await client.connect();
  try {
    return await client.query(text, params);
  } finally {
    await client.end();
  }
};
