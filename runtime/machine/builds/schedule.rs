//! How long a list of builds takes with several jobs.

use std::cmp::Reverse;

/// A build in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlannedBuild {
    /// How long it takes, in seconds.
    pub seconds: u64,
    /// The indices of the builds that must end first.
    pub requires: Vec<usize>,
}

/// How a list of builds is processed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule {
    /// The seconds until all are built.
    pub seconds: u64,
    /// The longest chain of builds that wait for each other, in order: more jobs do not shorten it.
    pub critical: Vec<usize>,
    /// The seconds of that chain.
    pub critical_seconds: u64,
}

/// Simulates the builds with a number of jobs: whenever a job is free, the build with the longest
/// chain behind it begins. Builds that wait for each other in a circle begin as if they did not.
pub fn schedule(builds: &[PlannedBuild], jobs: usize) -> Schedule {
    let after = chains(builds);
    let first = (0..builds.len()).max_by_key(|index| (after[*index].0, Reverse(*index)));
    let critical: Vec<usize> =
        std::iter::successors(first, |index| after[*index].1).take(builds.len()).collect();
    let critical_seconds = first.map_or(0, |index| after[index].0);
    Schedule { seconds: simulated(builds, jobs.max(1), &after), critical, critical_seconds }
}

/// Returns, for each build, the seconds of the longest chain that begins with it, and the next build
/// of that chain.
fn chains(builds: &[PlannedBuild]) -> Vec<(u64, Option<usize>)> {
    let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); builds.len()];
    for (index, build) in builds.iter().enumerate() {
        for required in build.requires.iter().filter(|required| **required < builds.len()) {
            waiting[*required].push(index);
        }
    }
    let mut chains: Vec<Option<(u64, Option<usize>)>> = vec![None; builds.len()];
    for start in 0..builds.len() {
        // Depth first, with a stack of its own: a list may have thousands of builds.
        let mut stack = vec![(start, false)];
        let mut open = vec![false; builds.len()];
        while let Some((index, visited)) = stack.pop() {
            if chains[index].is_some() {
                continue;
            }
            if visited {
                let known =
                    waiting[index].iter().filter_map(|next| Some((chains[*next]?.0, *next)));
                let longest = known.max_by_key(|(seconds, next)| (*seconds, Reverse(*next)));
                let rest = longest.map_or(0, |(seconds, _)| seconds);
                chains[index] = Some((builds[index].seconds + rest, longest.map(|one| one.1)));
            } else if !std::mem::replace(&mut open[index], true) {
                stack.push((index, true));
                stack.extend(waiting[index].iter().map(|next| (*next, false)));
            }
        }
    }
    chains.into_iter().map(Option::unwrap_or_default).collect()
}

/// Returns the seconds until all builds have ended.
fn simulated(builds: &[PlannedBuild], jobs: usize, after: &[(u64, Option<usize>)]) -> u64 {
    let mut ended = vec![false; builds.len()];
    let mut left: Vec<usize> = (0..builds.len()).collect();
    left.sort_by_key(|index| (Reverse(after[*index].0), *index));
    let mut running: Vec<(u64, usize)> = Vec::new();
    let mut now = 0;
    while !left.is_empty() || !running.is_empty() {
        while running.len() < jobs && !left.is_empty() {
            let is_ready = |index: &usize| {
                builds[*index].requires.iter().all(|one| ended.get(*one).copied().unwrap_or(true))
            };
            let at = match left.iter().position(is_ready) {
                Some(at) => at,
                None if running.is_empty() => 0,
                None => break,
            };
            let index = left.remove(at);
            running.push((now + builds[index].seconds, index));
        }
        let next = running.iter().enumerate().min_by_key(|(_, (end, _))| *end);
        if let Some((at, _)) = next {
            let (end, index) = running.swap_remove(at);
            (now, ended[index]) = (end, true);
        }
    }
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(seconds: u64, requires: &[usize]) -> PlannedBuild {
        PlannedBuild { seconds, requires: requires.to_vec() }
    }

    #[test]
    fn jobs_and_chains_limit_a_list() {
        let list = [build(10, &[]), build(20, &[0]), build(30, &[]), build(5, &[1, 2])];
        assert_eq!(schedule(&list, 1).seconds, 65);
        let parallel = schedule(&list, 2);
        assert_eq!(parallel.seconds, 35);
        assert_eq!((parallel.critical, parallel.critical_seconds), (vec![0, 1, 3], 35));
        assert_eq!(schedule(&list, 9).seconds, 35);
        assert_eq!(schedule(&[], 4), Schedule::default());
        let even = vec![build(10, &[]); 7];
        assert_eq!([1, 2, 3, 7].map(|jobs| schedule(&even, jobs).seconds), [70, 40, 30, 10]);
    }

    #[test]
    fn a_circle_ends() {
        let circle = [build(1, &[1]), build(2, &[0]), build(3, &[7])];
        assert_eq!(schedule(&circle, 2).seconds, 6);
    }
}
