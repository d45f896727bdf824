//! RPC v2 CBOR: bodies to plain JSON and back. Times are tag 1; they are RFC 3339 strings on the JSON side.

use aws_smithy_cbor::data::Type;
use aws_smithy_cbor::decode::DeserializeError;
use aws_smithy_cbor::{Decoder, Encoder};
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use serde_json::{Map, Number, Value};

use super::Members;
use super::members::Place;
use crate::services::ApiError;

/// Deeper bodies are refused: no input of AWS nests like that.
const MAX_DEPTH: usize = 64;

/// Decodes a body. An empty one is an empty input.
pub(super) fn decode(body: &[u8]) -> Result<Value, ApiError> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    read(&mut Decoder::new(body), 0)
        .map_err(|error| ApiError::sender("SerializationException", format!("the body is not CBOR: {error}")))
}

fn read(decoder: &mut Decoder<'_>, depth: usize) -> Result<Value, DeserializeError> {
    if depth > MAX_DEPTH {
        return Err(DeserializeError::custom("nested too deeply", decoder.position()));
    }
    Ok(match decoder.datatype()? {
        Type::Bool => decoder.boolean()?.into(),
        Type::Null | Type::Undefined => {
            decoder.skip()?;
            Value::Null
        }
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
            decoder.long()?.into()
        }
        Type::F16 | Type::F32 | Type::F64 => Number::from_f64(decoder.double()?).map_or(Value::Null, Value::Number),
        Type::String | Type::StringIndef => decoder.str()?.into_owned().into(),
        Type::Tag => time(decoder)?,
        Type::Array | Type::ArrayIndef => read_array(decoder, depth)?,
        Type::Map | Type::MapIndef => read_map(decoder, depth)?,
        other => return Err(DeserializeError::custom(format!("{other:?} is not expected"), decoder.position())),
    })
}

fn read_array(decoder: &mut Decoder<'_>, depth: usize) -> Result<Value, DeserializeError> {
    let mut left = decoder.list()?;
    let mut items = Vec::new();
    while more(decoder, &mut left)? {
        items.push(read(decoder, depth + 1)?);
    }
    Ok(Value::Array(items))
}

fn read_map(decoder: &mut Decoder<'_>, depth: usize) -> Result<Value, DeserializeError> {
    let mut left = decoder.map()?;
    let mut members = Map::new();
    while more(decoder, &mut left)? {
        let name = decoder.str()?.into_owned();
        members.insert(name, read(decoder, depth + 1)?);
    }
    Ok(Value::Object(members))
}

/// Whether a list or map has another element; takes the break of an indefinite one.
fn more(decoder: &mut Decoder<'_>, left: &mut Option<u64>) -> Result<bool, DeserializeError> {
    match left {
        Some(0) => Ok(false),
        Some(count) => {
            *count -= 1;
            Ok(true)
        }
        None if decoder.datatype()? == Type::Break => {
            decoder.skip()?;
            Ok(false)
        }
        None => Ok(true),
    }
}

/// A time, to the nearest millisecond. (The decoder's own cuts the fraction off: 37.102 s becomes 37.101 s.)
fn time(decoder: &mut Decoder<'_>) -> Result<Value, DeserializeError> {
    let at = decoder.position();
    let cut = decoder.timestamp()?.to_millis().ok();
    let end = decoder.position();
    // Tag 1 is one byte; the number follows.
    decoder.set_position(at + 1);
    let seconds = decoder.double().ok();
    decoder.set_position(end);
    let is_next = |cut: i64| seconds.is_some_and(|seconds| (seconds * 1000.0).round() == as_double(cut) + 1.0);
    let milliseconds = cut.map(|cut| if is_next(cut) { cut + 1 } else { cut });
    let time = milliseconds.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
    let time = time.ok_or_else(|| DeserializeError::custom("a time beyond the calendar", at))?;
    Ok(Value::String(time.to_string()))
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of any calendar time are exact in a double")]
fn as_double(milliseconds: i64) -> f64 {
    milliseconds as f64
}

/// A time whose double is never below its millisecond: the SDK cuts off what is behind it.
fn encodable(time: Timestamp) -> DateTime {
    /// More than half the distance of neighbouring doubles around 2^31, less than the microsecond that boto3 rounds to.
    const ABOVE_NS: u32 = 300;
    let milliseconds = time.as_millisecond();
    let nanoseconds = u32::try_from(milliseconds.rem_euclid(1000)).unwrap_or(0) * 1_000_000;
    let above = if nanoseconds == 0 { 0 } else { ABOVE_NS };
    DateTime::from_secs_and_nanos(milliseconds.div_euclid(1000), nanoseconds + above)
}

/// Encodes an output.
pub(super) fn encode(output: &Value, members: &Members) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    write(&mut encoder, output, Place::ROOT, members);
    encoder.into_writer()
}

fn write(encoder: &mut Encoder, value: &Value, place: Place<'_>, members: &Members) {
    match value {
        Value::Null => {
            encoder.null();
        }
        Value::Bool(boolean) => {
            encoder.boolean(*boolean);
        }
        Value::Number(number) => write_number(encoder, number, members.is_double(place)),
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(time) if members.is_timestamp(place) => {
                encoder.timestamp(&encodable(time));
            }
            _ => {
                encoder.str(text);
            }
        },
        Value::Array(items) => {
            encoder.array(items.len());
            for item in items {
                write(encoder, item, place, members);
            }
        }
        Value::Object(entries) => {
            encoder.map(entries.values().filter(|entry| !entry.is_null()).count());
            let is_map = members.is_map(place);
            for (name, entry) in entries.iter().filter(|(_, entry)| !entry.is_null()) {
                encoder.str(name);
                write(encoder, entry, if is_map { place } else { place.member(name) }, members);
            }
        }
    }
}

fn write_number(encoder: &mut Encoder, number: &Number, is_double: bool) {
    match number.as_i64() {
        Some(integer) if !is_double => encoder.long(integer),
        _ => encoder.double(number.as_f64().unwrap_or_default()),
    };
}
