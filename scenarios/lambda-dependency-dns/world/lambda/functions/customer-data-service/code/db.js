const { Pool } = require('pg');
const { SecretsManagerClient, GetSecretValueCommand } = require('@aws-sdk/client-secrets-manager');

const secrets = new SecretsManagerClient({});
let pool;

async function open() {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: process.env.DB_SECRET_ARN }));
  const { username, password } = JSON.parse(SecretString);
  return new Pool({
    host: process.env.DB_HOST,
    database: process.env.DB_NAME,
    user: username,
    password,
    max: 1,
    ssl: { rejectUnauthorized: false },
  });
}

exports.query = async (text, params) => {
  pool = pool || (await open());
  return pool.query(text, params);
};
