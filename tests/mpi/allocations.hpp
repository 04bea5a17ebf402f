#pragma once
// Counts calls of operator new in this program.

namespace allocations {

[[nodiscard]] long count();

}  // namespace allocations
