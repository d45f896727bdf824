const { getOrder, createOrder } = require('./orders');

const reply = (statusCode, body) => ({
  statusCode,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

exports.handler = async (event) => {
  const { httpMethod, path } = event;

  if (httpMethod === 'GET') {
    const order = await getOrder(event.pathParameters.id);
    const response = order ? reply(200, order) : reply(404, { message: 'order not found' });
    console.log(`${httpMethod} ${path} ${response.statusCode}`);
    return response;
  }

  console.log(`${httpMethod} ${path}`);
  const order = await createOrder(JSON.parse(event.body));
  console.log(`order ${order.id} created`);
  return reply(201, order);
};
