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
  const { student, course, term } = JSON.parse(event.body);
  const db = await database();
  const [seats] = await db.execute('SELECT seats_left FROM course_term WHERE course = ? AND term = ?', [course, term]);
  if (!seats.length || seats[0].seats_left < 1) {
    console.log(`${course} ${term} is full`);
    return { statusCode: 409, body: JSON.stringify({ message: 'full' }) };
  }
  await db.execute('CALL enrol(?, ?, ?)', [student, course, term]);
  console.log(`${student} enrolled in ${course} ${term}`);
  return { statusCode: 201, body: JSON.stringify({ student, course, term }) };
};
