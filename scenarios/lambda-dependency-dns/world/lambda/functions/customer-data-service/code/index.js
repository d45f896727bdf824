const { query } = require('./db');

exports.handler = async (event) => {
  const started = Date.now();
  const { id } = event.pathParameters;
  let rows;
  if (event.httpMethod === 'GET') {
    ({ rows } = await query('SELECT id, name, email, segment FROM customers WHERE id = $1', [id]));
  } else {
    const { name, email } = JSON.parse(event.body || '{}');
    ({ rows } = await query('UPDATE customers SET name = $2, email = $3 WHERE id = $1 RETURNING *', [id, name, email]));
  }
  const statusCode = rows.length ? 200 : 404;
  console.log(`${event.httpMethod} customer ${statusCode} ${Date.now() - started}ms`);
  return { statusCode, body: JSON.stringify(rows[0] || { message: 'not found' }) };
};
