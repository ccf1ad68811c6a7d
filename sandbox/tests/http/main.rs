//! The sandbox over real HTTP: every knob, every fault, the control routes, the program.

#[cfg(test)]
mod client;

#[cfg(test)]
mod answers;
#[cfg(test)]
mod control;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod front_end;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod program;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod vault;
