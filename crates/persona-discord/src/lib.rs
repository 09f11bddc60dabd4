//! Discord's API: requests that are paced and repeated, and messages as the store knows them.
