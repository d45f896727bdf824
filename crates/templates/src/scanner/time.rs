//! Dates and times of day with fixed places: nearly every line begins with one, and word by word it is five of them.

/// What stands in each of eight places: bits that are the same in all bytes allowed, and those bits.
struct Places {
    mask: u64,
    bits: u64,
}

impl Places {
    /// Of a sample in which `0` stands for any digit (and for `:` to `?`, which nobody writes there).
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    const fn of(sample: [u8; 8]) -> Self {
        let (mut mask, bits) = ([0xff; 8], u64::from_le_bytes(sample));
        let mut place = 0;
        while place < 8 {
            if sample[place] == b'0' {
                mask[place] = 0xf0;
            }
            place += 1;
        }
        Self { mask: u64::from_le_bytes(mask), bits }
    }

    fn fit(&self, line: &[u8], at: usize) -> bool {
        let bytes = line.get(at..).and_then(|rest| rest.first_chunk::<8>());
        bytes.is_some_and(|bytes| u64::from_le_bytes(*bytes) & self.mask == self.bits)
    }
}

const YEAR_AND_MONTH: Places = Places::of(*b"0000-00-");
const CLOCK: Places = Places::of(*b"00:00:00");

/// Bytes of the `2025-12-16T05:45:37` or `05:45:37` that begins here, if one does.
#[inline]
pub(super) fn length(line: &[u8], start: usize) -> Option<usize> {
    if CLOCK.fit(line, start) {
        Some(8)
    } else if YEAR_AND_MONTH.fit(line, start) && line.get(start + 10) == Some(&b'T') && CLOCK.fit(line, start + 11) {
        Some(19)
    } else {
        None
    }
}
