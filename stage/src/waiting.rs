//! What a program has printed and nobody has read yet: it waits in the pipes. Whoever reads them may be late, on a busy
//! machine, and so may think that nothing is printed.

use process_wrap::std::ChildWrapper;

#[cfg(unix)]
pub(crate) use unix::Waiting;

#[cfg(unix)]
mod unix {
    use std::os::fd::{AsFd, OwnedFd};

    use super::ChildWrapper;

    /// Both outputs of a program, to be asked and not to be read.
    pub(crate) struct Waiting(Vec<OwnedFd>);

    impl Waiting {
        /// Where a program prints that has just been started.
        pub(crate) fn of(child: &mut dyn ChildWrapper) -> Waiting {
            let own = |output: &dyn AsFd| output.as_fd().try_clone_to_owned().ok();
            let stdout = child.stdout().as_ref().and_then(|stdout| own(stdout));
            let stderr = child.stderr().as_ref().and_then(|stderr| own(stderr));
            Waiting(stdout.into_iter().chain(stderr).collect())
        }

        /// Whether something waits.
        pub(crate) fn is_any(&self) -> bool {
            self.0.iter().any(|output| rustix::io::ioctl_fionread(output).unwrap_or(0) > 0)
        }
    }
}

/// Where the system is not asked.
#[cfg(not(unix))]
pub(crate) struct Waiting;

#[cfg(not(unix))]
impl Waiting {
    pub(crate) fn of(_child: &mut dyn ChildWrapper) -> Waiting {
        Waiting
    }

    pub(crate) fn is_any(&self) -> bool {
        false
    }
}
