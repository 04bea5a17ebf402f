// Loaded before the C library (LD_PRELOAD), this lets a rank that has nothing to do sleep for a moment where Open MPI
// and comm::Patience call it ready again at once. The tests start more ranks than there are processors: those that wait
// would take half the time of the processors from those that work, and each exchange would last until the turns of all
// others are over.

#include <cerrno>
#include <ctime>

extern "C" int sched_yield() {
  const int before = errno;
  const std::timespec moment{0, 20'000};
  ::nanosleep(&moment, nullptr);
  errno = before;  // a signal may have ended the sleep
  return 0;
}
