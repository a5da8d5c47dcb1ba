// Shown: what readers are shown of a record: an immutable view, made when it is asked for, dropped with each change.
//
// Since every change of a record drops its view, this is also where it is known which records a step has touched. The
// list serves laws that are checked after every step (StepAudit): they cost what the step touched, not the cluster.
#pragma once

#include <memory>
#include <utility>
#include <vector>

namespace stoa::master {

template <typename View, typename Record>
class Shown {
 public:
  // Records whose views were dropped since they were last forgotten; none that is not there any more.
  class Touched {
   public:
    const std::vector<const Record*>& records() const { return records_; }
    void forget() {
      for (const Record* record : records_) record->view.is_listed_ = false;
      records_.clear();
    }

   private:
    friend class Shown;
    std::vector<const Record*> records_;
  };

  Shown() = default;
  ~Shown() {
    if (is_listed_) std::erase(touched_->records_, record_);
  }
  Shown(const Shown&) = delete;
  Shown& operator=(const Shown&) = delete;

  // `record` is the one that this is a member of: from now on its changes are listed. `touched` must outlive it.
  void list_in(Touched& touched, const Record& record) {
    touched_ = &touched;
    record_ = &record;
    reset();
  }

  // The record has changed.
  void reset() {
    view_.reset();
    if (is_listed_ || touched_ == nullptr) return;
    is_listed_ = true;
    touched_->records_.push_back(record_);
  }
  void put(std::shared_ptr<const View> view) { view_ = std::move(view); }
  // Null after a change.
  const std::shared_ptr<const View>& get() const { return view_; }

 private:
  std::shared_ptr<const View> view_;
  Touched* touched_ = nullptr;
  const Record* record_ = nullptr;
  bool is_listed_ = false;
};

}  // namespace stoa::master
