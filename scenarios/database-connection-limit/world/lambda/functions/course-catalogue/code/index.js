const { SecretsManagerClient, GetSecretValueCommand } = require('@aws-sdk/client-secrets-manager');
const mysql = require('mysql2/promise');

const secret = new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId: process.env.DB_SECRET }));
let connection;

async function database() {
  if (!connection) {
    const { username, password } = JSON.parse((await secret).SecretString);
    connection = await mysql.createConnection({ host: process.env.DB_HOST, user: username, password, database: 'enrolment' });
  }
  return connection;
}

exports.handler = async (event) => {
  const db = await database();
  const [rows] = await db.execute('SELECT course, title, credits FROM course WHERE department = ?', [event.pathParameters.department]);
  console.log(`${rows.length} courses of ${event.pathParameters.department}`);
  return { statusCode: 200, body: JSON.stringify(rows) };
};
