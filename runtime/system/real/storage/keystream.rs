//! Random data for whole disks: the key stream of AES-256 in counter mode.
//!
//! The processor's AES instructions are called directly because the ciphers of the crates are
//! generic: they are compiled with this crate, which is optimized for size, and are then sixty
//! times slower. On processors without these instructions, those ciphers are used.

use std::io;

use aes::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};

type Library = ctr::Ctr128BE<aes::Aes256>;

/// The AES block size in bytes.
const BLOCK: u64 = 16;

/// A key stream with random access.
pub(super) enum Keystream {
    #[cfg(target_arch = "x86_64")]
    Instructions(Box<instructions::CipherStream>),
    Library(Box<Library>),
}

impl Keystream {
    /// Creates the stream of a key of 32 bytes and an initial counter of 16 bytes.
    pub(super) fn new(seed: &[u8; 48]) -> io::Result<Self> {
        #[cfg(target_arch = "x86_64")]
        if let Some(stream) = instructions::CipherStream::new(seed) {
            return Ok(Self::Instructions(Box::new(stream)));
        }
        Self::from_library(seed)
    }

    fn from_library(seed: &[u8; 48]) -> io::Result<Self> {
        let (key, counter) = seed.split_at(32);
        let stream = Library::new_from_slices(key, counter);
        let stream = stream.map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self::Library(Box::new(stream)))
    }

    /// Replaces the bytes with those of the stream at offset `at`, a multiple of 16.
    pub(super) fn fill(&mut self, at: u64, bytes: &mut [u8]) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Instructions(stream) => stream.fill(at / BLOCK, bytes),
            Self::Library(stream) => {
                bytes.fill(0);
                stream.seek(at);
                stream.apply_keystream(bytes);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod instructions {
    #![expect(unsafe_code, reason = "the instructions are not available on every processor")]

    use std::arch::x86_64::{
        __m128i, _mm_aesenc_si128, _mm_aesenclast_si128, _mm_aeskeygenassist_si128,
        _mm_extract_epi32, _mm_loadu_si128, _mm_set_epi64x, _mm_set1_epi32, _mm_setzero_si128,
        _mm_storeu_si128, _mm_xor_si128,
    };

    use zeroize::Zeroizing;

    /// The AES block size in bytes.
    const BLOCK: usize = 16;
    /// The number of blocks that are encrypted in parallel: an instruction takes several cycles,
    /// but one can start in each cycle.
    const PARALLEL_BLOCKS: usize = 8;
    /// The number of words of a key, and of all round keys (FIPS 197).
    const KEY: usize = 8;
    const WORDS: usize = 60;

    /// See [`super::Keystream`].
    pub(in super::super) struct CipherStream {
        rounds: Zeroizing<[u32; WORDS]>,
        counter: u128,
    }

    impl CipherStream {
        /// Creates the stream, if the processor has the instructions.
        pub(super) fn new(seed: &[u8; 48]) -> Option<Self> {
            if !(is_x86_feature_detected!("aes") && is_x86_feature_detected!("sse4.1")) {
                return None;
            }
            let (key, counter) = seed.split_at(32);
            let counter = u128::from_be_bytes(counter.try_into().ok()?);
            // SAFETY: the processor was just found to have these instructions.
            let rounds = unsafe { expanded(key) };
            Some(Self { rounds, counter })
        }

        /// Replaces the bytes with those of the stream, from this block on.
        pub(super) fn fill(&self, block: u64, bytes: &mut [u8]) {
            let first = self.counter.wrapping_add(block.into());
            // SAFETY: without these instructions, no `CipherStream` is created.
            unsafe { fill(&self.rounds, first, bytes) }
        }
    }

    /// Returns the round keys of a key.
    #[target_feature(enable = "aes,sse4.1")]
    fn expanded(key: &[u8]) -> Zeroizing<[u32; WORDS]> {
        let mut words = Zeroizing::new([0_u32; WORDS]);
        for (word, bytes) in words.iter_mut().zip(key.chunks_exact(4)) {
            *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        for at in KEY..WORDS {
            let last = words[at - 1];
            // The instruction substitutes the bytes of a word, both unchanged and rotated.
            let substituted = _mm_aeskeygenassist_si128::<0>(_mm_set1_epi32(last.cast_signed()));
            let mixed = match at % KEY {
                0 => {
                    let rotated = _mm_extract_epi32::<1>(substituted).cast_unsigned();
                    rotated ^ (1 << (at / KEY - 1))
                }
                4 => _mm_extract_epi32::<0>(substituted).cast_unsigned(),
                _ => last,
            };
            words[at] = words[at - KEY] ^ mixed;
        }
        words
    }

    #[target_feature(enable = "aes,sse4.1")]
    fn fill(words: &[u32; WORDS], mut counter: u128, bytes: &mut [u8]) {
        let mut keys = Zeroizing::new([[0_u8; BLOCK]; WORDS / 4]);
        for (bytes, word) in keys.as_flattened_mut().chunks_exact_mut(4).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        for piece in bytes.chunks_mut(PARALLEL_BLOCKS * BLOCK) {
            match piece.try_into() {
                Ok(wide) => encipher(&keys, counter, wide),
                Err(_) => {
                    let mut wide = [0; PARALLEL_BLOCKS * BLOCK];
                    encipher(&keys, counter, &mut wide);
                    piece.copy_from_slice(&wide[..piece.len()]);
                }
            }
            counter = counter.wrapping_add(PARALLEL_BLOCKS as u128);
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the other half is returned as well")]
    fn halves(block: u128) -> (i64, i64) {
        (block as i64, (block >> 64) as i64)
    }

    /// Encrypts a counter and those that follow it. Not written as a loop, because a loop would
    /// keep the blocks in memory.
    #[target_feature(enable = "aes,sse4.1")]
    fn encipher(
        keys: &[[u8; BLOCK]; WORDS / 4],
        counter: u128,
        to: &mut [u8; PARALLEL_BLOCKS * BLOCK],
    ) {
        // SAFETY: the instruction reads 16 bytes from any address, and the key has 16 bytes.
        let load = |key: &[u8; BLOCK]| unsafe { _mm_loadu_si128(key.as_ptr().cast()) };
        let [mut b0, mut b1, mut b2, mut b3] = [_mm_setzero_si128(); 4];
        let [mut b4, mut b5, mut b6, mut b7] = [_mm_setzero_si128(); 4];
        macro_rules! each {
            ($step:expr) => {{
                let step = $step;
                (b0, b1, b2, b3) = (step(b0, 0), step(b1, 1), step(b2, 2), step(b3, 3));
                (b4, b5, b6, b7) = (step(b4, 4), step(b5, 5), step(b6, 6), step(b7, 7));
            }};
        }
        let [first, middle @ .., last] = keys;
        let key = load(first);
        each!(|_: __m128i, more: u64| {
            let (low, high) = halves(counter.wrapping_add(more.into()).swap_bytes());
            _mm_xor_si128(_mm_set_epi64x(high, low), key)
        });
        for key in middle {
            let key = load(key);
            each!(|block, _| _mm_aesenc_si128(block, key));
        }
        let key = load(last);
        each!(|block, _| _mm_aesenclast_si128(block, key));
        for (to, block) in to.chunks_exact_mut(BLOCK).zip([b0, b1, b2, b3, b4, b5, b6, b7]) {
            // SAFETY: the instruction writes 16 bytes to any address, and the chunk has 16 bytes.
            unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), block) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instructions_give_what_the_library_gives() {
        let mut seed = [0; 48];
        for (number, byte) in seed.iter_mut().enumerate() {
            *byte = u8::try_from(number * 37 % 251).expect("a byte");
        }
        // The second counter overflows.
        for counter in [0x00, 0xff] {
            seed[32..].fill(counter);
            let mut ours = Keystream::new(&seed).expect("a stream");
            let mut library = Keystream::from_library(&seed).expect("a stream");
            for (at, length) in [(0, 1), (0, 16), (16, 129), (4096, 1000), (1 << 40, 4096)] {
                let (mut bytes, mut same) = (vec![1; length], vec![2; length]);
                ours.fill(at, &mut bytes);
                library.fill(at, &mut same);
                assert_eq!(bytes, same, "{length} bytes from {at}");
            }
        }
    }
}
